"""The basket: what is wanted, found, judged and priced before it becomes an order."""
