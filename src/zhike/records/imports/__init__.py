"""Import of any kind of record: mapping, engine, undo (IMP-2, CONTRACT "Import mapping")."""
