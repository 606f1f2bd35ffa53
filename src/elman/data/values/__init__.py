"""What the cells of a column say: numbers, labels, missing values."""
