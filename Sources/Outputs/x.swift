public import Fields
