"""Key names of released code, one table for each source and family."""
