"""Which objects a run reads, and how they are divided into packs."""
