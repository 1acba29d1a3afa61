"""What people do that is not create, read, change or delete; one file for each verb."""
