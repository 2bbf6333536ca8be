"""Pages of this room: people, settings of the company, one's own account, sharing."""
