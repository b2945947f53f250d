"""与税务的文件往来: what is handed over, what is answered, what was paid elsewhere."""
