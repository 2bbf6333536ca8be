#!/bin/sh
# Load a file of invoices and when they were paid as contracts with one due line each, and payments:
#     examples/receivables/load.sh FILE.csv
# Columns: customerID, invoiceNumber, InvoiceDate, DueDate, InvoiceAmount, SettledDate; days as m/d/yyyy.
# Exit code 0 when every row is in. Running it again changes nothing.
set -eu

file=${1:?"say where the file is: load.sh FILE.csv"}
here=$(cd "$(dirname "$0")" && pwd)
zhike=${ZHIKE:-"$here/../../zhike"}

"$zhike" import customers "$file" --mapping "$here/customers.json"
"$zhike" import contracts "$file" --mapping "$here/contracts.json"
"$zhike" import payments "$file" --mapping "$here/payments.json"
