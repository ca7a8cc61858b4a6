"""A modelled ERP and WMS behind connectors of their own, a link between them, and people who count: for flow tests."""
