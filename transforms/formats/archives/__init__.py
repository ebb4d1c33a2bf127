"""Archives: objects that hold other objects. Each kind is one module that gives an archive's members, one by one."""
