"""Writers of Excel workbooks and PowerPoint slides, for results, charts and the report; they know nothing of care."""
