"""The demo: a real ERP, the sandbox WMS and Countbridge on one machine, and people who use them as people do."""
