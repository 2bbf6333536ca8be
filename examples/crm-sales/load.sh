#!/bin/sh
# Load the public data set "CRM Sales Opportunities" (accounts, products, sales teams, pipeline) from a folder:
#     examples/crm-sales/load.sh FOLDER
# Exit code 0 when every row is in. Running it again changes nothing.
set -eu

folder=${1:?"say where the files are: load.sh FOLDER"}
here=$(cd "$(dirname "$0")" && pwd)
zhike=${ZHIKE:-"$here/../../zhike"}

"$zhike" import users "$folder/sales_teams.csv" --mapping "$here/users.json"
"$zhike" import customers "$folder/accounts.csv" --mapping "$here/customers.json"
"$zhike" import products "$folder/products.csv" --mapping "$here/products.json"
"$zhike" import opportunities "$folder/sales_pipeline.csv" --mapping "$here/opportunities.json"
