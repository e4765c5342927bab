"""Pathways, state occupation and Markov chains."""
