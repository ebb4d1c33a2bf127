"""The steps of the pipeline: files here are Beam transforms, folders here are plain Python without Beam."""
