"""What is said unprompted: planned, put into words, sent, settled, recovered, and edited later."""
