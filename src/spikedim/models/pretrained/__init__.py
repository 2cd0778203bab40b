"""Pretrained encoders from a folder, and their softmax replaced by spike circuits."""
