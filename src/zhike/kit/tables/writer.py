"""Writing table files."""


def write_xlsx(path, columns, rows):
    """Write an XLSX file."""
    raise OSError
