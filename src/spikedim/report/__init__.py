"""Results as a terminal table, a picture or one self-contained HTML page."""
