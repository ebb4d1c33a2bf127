"""Source records to meter events: the decode plan and the column kernels behind it."""
