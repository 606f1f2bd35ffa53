"""What X may be: arrays, frames, pictures, recordings, groups; made one form."""
