"""Sources of samples: one door, `open_samples`, for every data set, file format and view."""
