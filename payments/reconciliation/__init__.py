"""对账: what a region's books say of a day, beside what bills, orders and files say."""
