# R: data.table links and counts, survfit on the counts as weights; plain, without clustered errors.
# Rscript r_.R FILE.csv JOB OUT: person, level, admit, end (days; empty while open), reason, all numbers.
suppressMessages({library(data.table); library(survival)})
asked <- commandArgs(TRUE)
stays <- fread(asked[1], integer64 = "character")
never <- 2000000000L; cutoff <- as.integer(asked[4]); within <- 30L
quarters <- strsplit(asked[5], ",")[[1]]; firsts <- as.integer(strsplit(asked[6], ",")[[1]])
lasts <- c(firsts[-1] - 1L, cutoff); levels <- strsplit(asked[7], ",")[[1]]
stays[is.na(end), end := never]
setorder(stays, person, admit, end, level, reason)
stays[, `:=`(na = shift(admit, -1L), nl = shift(level, -1L)), by = person]
stays[, what := fifelse(!is.na(na) & na - end <= within & na >= end, nl, 5L + reason)]
rows <- list()
for (q in seq_along(firsts)) {
  part <- stays[admit <= lasts[q] & end >= firsts[q]]
  cells <- part[, .(n = .N), by = .(level, entry = pmax(firsts[q] - admit, 0L), day = pmin(end, lasts[q]) - admit,
                                    event = end <= lasts[q])]
  for (l in sort(unique(cells$level))) {
    one <- cells[level == l]
    fit <- survfit(Surv(entry - 0.5, day, event) ~ 1, data = one, weights = n)
    s <- fit$surv; t <- fit$time
    rows[[length(rows) + 1]] <- data.table(quarter = quarters[q], level = levels[l + 1], n = sum(one$n),
                                           median = t[which(s <= 0.5 + 1e-11)[1]])
  }
}
if (asked[2] == "core") {
  known <- cutoff - within
  seen <- stays[admit <= known]
  cells <- seen[, .(n = .N), by = .(q = findInterval(admit, firsts), level, day = pmin(end, known) - admit,
                                    event = fifelse(end <= known, what + 1L, 0L))]
  for (a in unique(cells$q)) for (b in unique(cells$level)) {
    one <- cells[cells$q == a & cells$level == b]
    if (nrow(one) && any(one$event > 0)) survfit(Surv(day, factor(event)) ~ 1, data = one, weights = n)
  }
  stays[, .N, by = .(admit, level)]; stays[end < never, .N, by = .(end, level)]
}
if (asked[3] != "-") fwrite(rbindlist(rows), asked[3])
