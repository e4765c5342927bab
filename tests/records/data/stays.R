# Writes stays.sas7bdat, which no Python library writes: Rscript stays.R (haven 2.5.1, Debian's r-cran-haven).
library(haven)
stays <- data.frame(
  pid = c("00123", "00123", "NA"),
  level = c("residential", "php", "iop"),
  admit = as.Date(c("2024-01-03", "2024-02-01", "2024-02-20")),
  disch = as.Date(c("2024-02-01", NA, "2024-03-31")),
  reason = c("completed", "", "left early"),
  site = c("Haus S\u00fcd", "F2", "Haus S\u00fcd"))
write_sas(stays, "stays.sas7bdat")
