"""SQL of single tables of counts."""
