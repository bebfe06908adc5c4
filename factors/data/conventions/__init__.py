"""What an input's columns, session, label side and units are: declared, or inferred."""
