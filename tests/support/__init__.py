"""What tests share: servers with faults, hostile programs, rows."""
