"""Cell suppression in linear systems of whole numbers; independent of what the cells count."""
