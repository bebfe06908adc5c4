"""Minute bars: sessions, schemas, reading, the cube, the simulated market."""

if __name__ != "factors.data":  # `import data` in a checkout would load every file a second time, under another name
    raise ImportError("import factors.data, not data: the link at the root only shows where the code is")
