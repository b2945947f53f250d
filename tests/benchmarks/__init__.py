"""What `make bench` measures: ratios against a floor taken on the same PostgreSQL in the same run."""
