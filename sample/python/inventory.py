from dataclasses import dataclass


@dataclass
class Product:
    name: str
    price: float
    stock: int


def total_stock(products):
    """Return the number of pieces in stock."""
    total = 0
    for product in products:
        total += product.stock
    return total


def find_by_name(products, name):
    """Return the product with the given name, or None."""
    for product in products:
        if product.name == name:
            return product
    return None
