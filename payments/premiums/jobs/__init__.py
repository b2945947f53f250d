"""What time does to premiums: campaigns end, the tax office is late. All of it is found in the database."""
