"""Cards: every model as a table of layers, walked without building it."""
