"""The company, one user for each role, and the two users that other systems work as."""

# mypy: ignore-errors
# (Tryton is not installed where the checks run.)

from __future__ import annotations

from decimal import Decimal

STOCK_GROUPS = {"planner": ("stock.group_stock", "stock.group_stock_admin", "product.group_product_admin")}
OWN_INTERFACES = {"countbridge": "Countbridge", "wms_interface": "WMS interface"}


def make_company(pool, world: dict) -> int:
    """The company with its currency; returns its id."""
    Currency, Party, Company = (pool.get(name) for name in ("currency.currency", "party.party", "company.company"))
    code = world["company"]["currency"]
    currency = Currency(name="Renminbi", symbol="¥", code=code, numeric_code="156", rounding=Decimal("0.01"), digits=2)
    currency.save()
    party = Party(name=world["company"]["name_zh"])
    party.save()
    company = Company(party=party, currency=currency, timezone=world["company"]["timezone"])
    company.save()
    return company.id


def make_users(pool, world: dict, keys: dict, company: int) -> None:
    """People sign in with a password; interfaces (and the demo's planner) call with an API key."""
    User, Application = pool.get("res.user"), pool.get("res.user.application")
    Lang = pool.get("ir.lang")
    chinese, english = (Lang.search([("code", "=", code)])[0] for code in ("zh_CN", "en"))
    people = [(row["login"], row["name_zh"], STOCK_GROUPS.get(row["role"], ()), chinese) for row in world["users"]]
    people += [(login, name, ("stock.group_stock",), english) for login, name in OWN_INTERFACES.items()]
    existing = {user.login: user for user in User.search([])}
    for login, name, groups, language in people:
        user = existing.get(login) or User(login=login)
        user.name, user.language = name, language
        user.password = keys["passwords"][login]
        user.companies, user.company = [company], company
        if login not in existing:
            user.groups = [_by_id(pool, "res.group", xml_id) for xml_id in groups]
        user.save()
        if login in keys["api_keys"]:
            Application(user=user, application="rest", key=keys["api_keys"][login], state="validated").save()


def _by_id(pool, model: str, xml_id: str) -> int:
    module, name = xml_id.split(".")
    return pool.get("ir.model.data").get_id(module, name)
