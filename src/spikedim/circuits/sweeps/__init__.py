"""Circuits swept over steps or cells: points, slopes and one sentence."""
