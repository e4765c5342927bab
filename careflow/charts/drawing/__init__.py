"""Figure, axes, text, colours and files: what every chart is drawn with."""
