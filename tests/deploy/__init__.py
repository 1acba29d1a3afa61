"""What is deployed: the package, the template, and how it gets to AWS."""
