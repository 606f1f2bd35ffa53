"""How far gradients reach and what a layer keeps: pictures, and their sentences."""
