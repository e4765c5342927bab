"""One module for each chart; a chart's layout stands beside it under the chart's name."""
