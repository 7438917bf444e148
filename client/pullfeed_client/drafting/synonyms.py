"""What columns are often called that hold a field of the contract."""

from __future__ import annotations

import re

_MODIFIED = (
    "lastmodifieddate updatedat updated lastupdated modified modifieddate lastmodified "
    "modifiedat updatedate updateddate datemodified dateupdated changedat lastchange"
)
_CREATED = "createddate createdat created creationdate datecreated"

_CUSTOMER = {
    "customer_id": "customerid customerkey id custid userid contactid clientid customernumber "
    "customerno customer",
    "email": "email emailaddress mail",
    "first_name": "firstname givenname forename fname first",
    "last_name": "lastname surname familyname lname last",
    "mobile": "mobile mobilephone mobilenumber phone phonenumber telephone tel cell cellphone "
    "msisdn",
    "language": "language lang locale preferredlanguage languagecode",
    "consent": "consent optin newsletter acceptsmarketing marketingconsent subscribed emailoptin "
    "marketing permission",
    "gender": "gender sex",
    "last_modified_date": _MODIFIED,
}
_ORDER = {
    "order_id": "orderid id salesorderid orderkey ordernumber orderno salesordernumber",
    "order_number": "ordernumber orderno salesordernumber number",
    "customer_id": "customerid customerkey userid buyerid clientid customernumber",
    "email": "email emailaddress customeremail",
    "mobile": "mobile phone customerphone",
    "status": "status orderstatus state",
    "payment_status": "paymentstatus financialstatus",
    "fulfillment_status": "fulfillmentstatus fulfilmentstatus",
    "currency": "currency currencycode",
    "total": "total totalprice grandtotal ordertotal totaldue amount totalamount",
    "subtotal": "subtotal",
    "discount_total": "discount discounttotal totaldiscounts discountamount",
    "tax_total": "taxtotal totaltax",
    "shipping_total": "shipping shippingtotal freight shippingcost",
    "payment_method": "paymentmethod",
    "shipping_method": "shippingmethod",
    "shipping_city": "city shippingcity",
    "shipping_country": "countrycode shippingcountry",
    "created_date": f"orderdate ordered orderedat placedat dateplaced {_CREATED}",
    "last_modified_date": _MODIFIED,
}
_LINE_ITEM = {
    "line_item_id": "lineitemid orderlineitem salesorderlinenumber linenumber lineid line "
    "salesorderdetailid",
    "product_id": "productid productkey itemid articleid",
    "variant_id": "variantid",
    "sku": "sku productsku itemsku articlenumber",
    "name": "productname itemname item name title lineitemname articlename",
    "quantity": "quantity qty orderquantity orderqty lineitemquantity",
    "unit_price": "unitprice price itemprice lineitemprice",
    "total": "linetotal lineamount",
    "tax_total": "taxamount tax linetax",
}
_PRODUCT = {
    "product_id": "productid productkey id itemid articleid handle",
    "name": "productname name title articlename itemname",
    "price": "price listprice productprice regularprice unitprice",
    "currency": "currency currencycode",
    "sale_price": "saleprice specialprice discountedprice",
    "url": "url producturl link permalink",
    "image_url": "imageurl image imagelink imagesrc picture",
    "availability": "availability stockstatus",
    "status": "status published visibility",
    "quantity": "stock stockquantity inventory quantity inventoryquantity",
    "description": "description productdescription body",
    "sku": "sku productsku productnumber articlenumber",
    "gtin": "gtin ean barcode upc",
    "mpn": "mpn",
    "brand": "brand vendor manufacturer",
    "categories": "category categories producttype",
    "tags": "tags",
    "created_date": _CREATED,
    "last_modified_date": _MODIFIED,
}

_TABLES = {
    "Customer": _CUSTOMER,
    "Order": _ORDER,
    "LineItem": _LINE_ITEM,
    "Product": _PRODUCT,
}
_NOT_A_LETTER = re.compile(r"[^a-z0-9]+")


def placed(message: str, columns: list[str]) -> dict[str, str]:
    """The columns that hold the fields of a message, by field; each column once."""
    plain = {column: _plain(column) for column in columns}
    found: dict[str, str] = {}
    for field, names in _TABLES.get(message, {}).items():
        for name in (field.replace("_", ""), *names.split()):
            column = next((one for one, is_called in plain.items() if is_called == name), None)
            if column is not None and column not in found.values():
                found[field] = column
                break
    return found


def _plain(column: str) -> str:
    return _NOT_A_LETTER.sub("", column.lower())
