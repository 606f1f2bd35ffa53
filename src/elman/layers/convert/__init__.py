"""Models and weights of torch.nn and Keras, made Elman's and back."""
