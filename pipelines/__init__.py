"""Composition of the transforms into runnable pipelines, and the command that runs them."""
