"""Why a published rate differs between two extracts of the same records."""
