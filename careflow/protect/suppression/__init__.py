"""Cell suppression over linear systems of integers; nothing about care."""
