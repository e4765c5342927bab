# Reference values of careflow from R: survival, etm and cmprsk.
#
#   Rscript reference.R SHARED_DATA_DIR OUT.json
#
# SHARED_DATA_DIR holds the public inputs (aml, lung, uis, sepsis ...); the made-up inputs stand in data/ beside this file.
#
# One shape under everything. `entry` is the first day at risk and `exit` the last, both whole days, so that a row is at
# risk on day t when entry <= t <= exit. R's intervals are open on the left, hence Surv(entry - 0.5, exit, ...). The
# multi-state tools want times above 0 and no gaps inside a person, hence the same days shifted by one, (entry, exit + 1],
# and one is taken off the times that come back.

suppressPackageStartupMessages({ library(survival); library(etm); library(cmprsk) })

argv <- commandArgs(trailingOnly = TRUE)
if (length(argv) != 2) stop("usage: Rscript reference.R SHARED_DATA_DIR OUT.json")
script <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))
folders <- list(shared = argv[1], data = file.path(dirname(normalizePath(script)), "data"))

# ---- JSON with 17 significant digits (jsonlite stops at 15) ---------------------------------------------------------

quoted <- function(x) paste0('"', gsub('"', '\\\\"', gsub("\\\\", "\\\\\\\\", gsub("\\s+", " ", x))), '"')
one <- function(x) structure(x, class = "one")  # a single value, where the default is an array
bare <- function(x) {
  if (is.character(x)) quoted(x) else if (is.logical(x)) ifelse(is.na(x), "null", tolower(x))
  else ifelse(is.finite(x), sprintf("%.17g", x), "null")
}
json <- function(x) {
  if (inherits(x, "one")) return(bare(unclass(x)))
  if (is.list(x) && !length(x)) return("{}")
  if (is.list(x) && !is.null(names(x)))
    return(paste0("{", paste0(quoted(names(x)), ": ", vapply(x, json, ""), collapse = ", "), "}"))
  if (is.list(x)) return(paste0("[", paste(vapply(x, json, ""), collapse = ",\n"), "]"))
  if (length(dim(x)) > 1)  # the first index outermost, as in numpy
    return(paste0("[", paste(apply(x, 1, json), collapse = ", "), "]"))
  paste0("[", paste(bare(as.vector(x)), collapse = ", "), "]")
}

# ---- data sets: a frame and, in words, how it was made; cases.py makes the same ones in pandas ----------------------

read <- function(path) {
  at <- strsplit(path, ":")[[1]]
  read.csv(file.path(folders[[at[1]]], at[2]), na.strings = "", check.names = FALSE)
}
sets <- list()
dataset <- function(key, csv, how, frame) sets[[key]] <<- list(csv = csv, how = how, frame = frame)
rows <- function(exit, cause, entry = 0, ...) data.frame(entry = entry, exit = exit, cause = as.integer(cause), ...)

aml <- read("shared:survival_aml.csv")
dataset("aml", "shared:survival_aml.csv", "exit = time; cause = status; arm = x", rows(aml$time, aml$status, arm = aml$x))
for (x in c("Maintained", "Nonmaintained"))
  dataset(paste0("aml_", tolower(x)), "shared:survival_aml.csv", paste("rows with x =", x, "; exit = time; cause = status"),
          subset(sets$aml$frame, arm == x))

lung <- read("shared:survival_lung.csv")
dataset("lung", "shared:survival_lung.csv", "exit = time; cause = 1 where status is 2; arm = sex",
        rows(lung$time, lung$status == 2, arm = lung$sex))
dataset("lung_male", "shared:survival_lung.csv", "as lung, rows with sex = 1", subset(sets$lung$frame, arm == 1))
dataset("lung_female", "shared:survival_lung.csv", "as lung, rows with sex = 2", subset(sets$lung$frame, arm == 2))
dataset("lung_ecog", "shared:survival_lung.csv", "as lung, arm = ph.ecog, rows with ph.ecog 0, 1 or 2",
        with(subset(lung, ph.ecog %in% 0:2), rows(time, status == 2, arm = ph.ecog)))

uis <- read("shared:uis.csv")
dataset("uis_stay", "shared:uis.csv", "exit = LEN.T (days in residential treatment); cause = 1 always; arm = TREAT",
        rows(uis$LEN.T, 1, arm = uis$TREAT))
dataset("uis_relapse", "shared:uis.csv", "exit = TIME (days to relapse); cause = CENSOR (1 is a relapse); arm = TREAT",
        rows(uis$TIME, uis$CENSOR, arm = uis$TREAT))

detox <- subset(read("shared:ctn0051_detox_inpatient_stays.csv"), !is.na(los))
dataset("detox", "shared:ctn0051_detox_inpatient_stays.csv", "rows with a length of stay; exit = los; cause = 1 always",
        rows(detox$los, 1))
dataset("detox_arm", "shared:ctn0051_detox_inpatient_stays.csv", "as detox, rows with a treatment; arm = treatment",
        with(subset(detox, !is.na(treatment)), rows(los, 1, arm = treatment)))

# Days are calendar days (the hour is dropped). Discharged after `last` or never: open, censored on `last`.
# Discharged before `first`: left out; admitted before it: at risk from the age reached on `first`.
sepsis <- read("shared:sepsis_ward_stays.csv")
day <- function(x) as.integer(as.Date(substr(x, 1, 10)))
sepsis_stays <- function(levels, last, first = "1970-01-01") {
  d <- with(sepsis, data.frame(person = person_id, arm = level, admit = day(start), out = day(end), word = `next`))
  d <- d[d$arm %in% levels & d$admit <= day(last) & (is.na(d$out) | d$out >= day(first)), ]
  open <- is.na(d$out) | d$out > day(last)
  cause <- ifelse(d$word == "Admission NC", 1, ifelse(d$word == "Admission IC", 2, 3))
  rows(ifelse(open, day(last), d$out) - d$admit, ifelse(open, 0, cause), pmax(0, day(first) - d$admit),
       arm = d$arm, person = d$person)
}
sepsis_how <- paste("whole days; cause 1 next NC, 2 next IC, 3 released; open or discharged after the last day: censored",
                    "on it; admitted before the first day: entry = age on it; discharged before it: left out.")
sepsis_set <- function(key, levels, last, first = "1970-01-01")
  dataset(key, "shared:sepsis_ward_stays.csv", paste("levels", paste(levels, collapse = " and "), "first day", first,
          "last day", last, ":", sepsis_how), sepsis_stays(levels, last, first))
sepsis_set("sepsis_nc", "NC", "2014-12-31")
sepsis_set("sepsis_ic", "IC", "2014-12-31")
sepsis_set("sepsis", c("NC", "IC"), "2014-12-31")
sepsis_set("sepsis_nc_since_april", "NC", "2014-12-31", "2014-04-01")
sepsis_set("sepsis_nc_2014q2", "NC", "2014-06-30", "2014-04-01")
sepsis_set("sepsis_nc_2014q3", "NC", "2014-09-30", "2014-07-01")
sepsis_set("sepsis_ic_2014q2", "IC", "2014-06-30", "2014-04-01")
sepsis_set("sepsis_2014q2", c("NC", "IC"), "2014-06-30", "2014-04-01")

stays <- read("data:stays.csv")
dataset("stays_late", "data:stays.csv", "as it is, late entries included", stays)
dataset("stays", "data:stays.csv", "entry set to 0 on every row", transform(stays, entry = 0))
dataset("stays_weighted", "data:stays.csv", "entry set to 0; each row stands for `weight` equal rows", sets$stays$frame)
dataset("stays_duplicated", "data:stays.csv", "entry set to 0; each row repeated `weight` times",
        sets$stays$frame[rep(seq_len(nrow(stays)), stays$weight), ])
dataset("exact_half", "data:exact_half.csv", "entry = 0", with(read("data:exact_half.csv"), rows(exit, cause)))
dataset("early_end", "data:early_end.csv", "as it is", read("data:early_end.csv"))

# Reversible states: one row a spell in a state, `to` the next state or "cens".
journeys <- read("data:journeys.csv")
dataset("journeys", "data:journeys.csv", "as it is", journeys)

toy_states <- c("entry", "a", "b", "c")
dataset("mstate_toy", "data:mstate_toy.csv", "as it is: the toy of survival's tests/mstate.R, whose (t1, t2] is entry = t1 + 1
 (0 where t1 is 0), exit = t2", read("data:mstate_toy.csv"))

# Whole days with net moves: half days go up to the next whole day, several changes of one person on one day become one
# move from the first state to the last, none if these are equal; the spell after it starts the day after.
net_moves <- function(d) {
  d <- transform(d[order(d$id, d$time), ], day = ceiling(time), from = as.character(from), to = as.character(to))
  first <- !duplicated(d[c("id", "day")])
  last <- !duplicated(d[c("id", "day")], fromLast = TRUE)
  net <- data.frame(person = d$id[last], from = d$from[first], to = d$to[last], held = d$from[last], exit = d$day[last])
  net$to <- ifelse(net$to == "cens" & net$held != net$from, net$held, net$to)  # moved, then censored, on one day (sir.cont has none)
  net <- net[net$from != net$to, ]
  before <- c(NA, head(net$exit, -1)); before[!duplicated(net$person)] <- -1
  data.frame(net[c("person", "from", "to")], entry = before + 1, exit = net$exit)
}
sir_raw <- read("shared:etm_sir_cont.csv")
sir <- net_moves(sir_raw)
dataset("sir", "shared:etm_sir_cont.csv", "half days up to the next whole day; changes of one person on one day become one
 net move; states 0 no ventilation, 1 ventilation, 2 discharged or dead", sir)

# ---- the cases ------------------------------------------------------------------------------------------------------

cases <- list()
add <- function(group, id, what, set, call, outputs, ...) {
  if (id %in% names(cases)) stop("two cases named ", id)
  input <- if (is.na(set)) list() else
    list(csv = one(sub(":", "/", sets[[set]]$csv)), set = one(set), how = one(sets[[set]]$how))
  given <- lapply(list(...), function(x) if (is.numeric(x) || is.character(x)) as.vector(x) else x)
  cases[[id]] <<- list(group = one(group), id = one(id), what = one(what), input = input, given = given,
                       call = one(if (is.character(call)) call else paste(trimws(deparse(call, 500)), collapse = " ")),
                       outputs = outputs)
}
frame_of <- function(set) sets[[set]]$frame
run <- function(call, d, ...) eval(call, c(list(d = d), list(...)), globalenv())

# Kaplan-Meier: the curve, its quantiles, its restricted means
km_call <- quote(survfit(Surv(entry - 0.5, exit, cause > 0) ~ 1, data = d, conf.type = "log-log", conf.int = level))
km_outputs <- function(fit) with(summary(fit, censored = TRUE), list(time = time, n_risk = n.risk, n_event = n.event,
  n_censor = n.censor, survival = surv, std_err = std.err, lower = lower, upper = upper))
first_day <- function(fit, curve, q) vapply(q, function(p) {
  reached <- which(!is.na(curve) & curve <= 1 - p + 1e-9)  # 1e-9: S = 1 - q exactly counts as reached
  if (length(reached)) fit$time[reached[1]] else NA_real_
}, 0)
quantile_outputs <- function(fit, q) {
  r <- quantile(fit, q)
  ours <- list(first_day = first_day(fit, fit$surv, q), first_day_lower = first_day(fit, fit$lower, q),
               first_day_upper = first_day(fit, fit$upper, q))
  theirs <- list(r_quantile = unname(r$quantile), r_lower = unname(r$lower), r_upper = unname(r$upper))
  c(ours, theirs, list(differs = !mapply(identical, ours[[1]], theirs[[1]]) | !mapply(identical, ours[[2]], theirs[[2]]) |
                         !mapply(identical, ours[[3]], theirs[[3]])))
}
rmean_outputs <- function(fit, horizons) {
  r <- vapply(horizons, function(h) summary(fit, rmean = h)$table[c("rmean", "se(rmean)")], c(0, 0))
  list(rmean = r[1, ], std_err = r[2, ])
}
q <- c(0.1, 0.25, 0.5, 0.75, 0.9)
kaplan_meier <- function(set, horizons, group = "kaplan_meier", level = 0.95) {
  fit <- run(km_call, frame_of(set), level = level)
  tag <- if (level == 0.95) set else sprintf("%s_%g", set, 100 * level)
  add(group, paste0("km_", tag), "Kaplan-Meier, Greenwood standard error, log-log limits", set, km_call,
      km_outputs(fit), level = level)
  add("quantiles", paste0("quantile_", tag), "first day with S <= 1 - q and with each limit <= 1 - q; R's own beside",
      set, "quantile(km, q)", quantile_outputs(fit, q), q = q, level = level)
  add("restricted_mean", paste0("rmean_", tag), "area under S from day 0 to the horizon, and its standard error", set,
      "summary(km, rmean = horizon)$table[c('rmean', 'se(rmean)')]", rmean_outputs(fit, horizons), horizon = horizons)
}
for (set in c("aml", "aml_maintained", "aml_nonmaintained")) kaplan_meier(set, c(9, 20, 48, 161))
for (set in c("lung", "lung_male", "lung_female")) kaplan_meier(set, c(90, 180, 365, 730))
for (set in c("uis_stay", "uis_relapse")) kaplan_meier(set, c(30, 90, 180, 365))
for (set in c("detox", "sepsis_nc", "sepsis_ic", "stays")) kaplan_meier(set, c(1, 7, 30, 90))
kaplan_meier("exact_half", c(2, 3, 6))
for (level in c(0.9, 0.99)) kaplan_meier("sepsis_nc", 30, level = level)

# Left truncation and the period life table
for (set in c("stays_late", "early_end", "sepsis_nc_since_april", "sepsis_nc_2014q2", "sepsis_nc_2014q3",
              "sepsis_ic_2014q2")) kaplan_meier(set, c(1, 7, 30), group = "left_truncation")

# Weights: integer weights are rows repeated
weighted_call <- quote(survfit(Surv(exit, cause > 0) ~ 1, data = d, weights = weight, conf.type = "log-log"))
weighted <- run(weighted_call, frame_of("stays_weighted"))
add("weights", "km_stays_weighted", "Kaplan-Meier with integer weights", "stays_weighted", weighted_call,
    km_outputs(weighted), level = 0.95)
kaplan_meier("stays_duplicated", c(7, 30), group = "weights")

# Discharged stays only, reported beside
for (set in c("sepsis_nc", "sepsis_ic", "detox")) {
  closed <- with(frame_of(set), exit[cause > 0])
  add("discharged", paste0("discharged_", set), "mean and median of closed stays", set, "mean(exit); median(exit)",
      list(n = length(closed), open = sum(frame_of(set)$cause == 0), mean = mean(closed), median = median(closed)))
}

# Competing causes
as_etm <- function(d) data.frame(id = seq_len(nrow(d)), from = "0", to = ifelse(d$cause == 0, "cens", d$cause),
                                 entry = d$entry, exit = d$exit + 1)
cif_call <- quote(etm(d, c("0", causes), tra, "cens", s = 0))  # d: (entry, exit + 1], from "0" to its cause
cif_outputs <- function(d) {
  causes <- as.character(sort(unique(d$cause[d$cause > 0])))
  tra <- matrix(FALSE, length(causes) + 1, length(causes) + 1); tra[1, -1] <- TRUE
  fit <- run(cif_call, as_etm(d), causes = causes, tra = tra)
  per_cause <- function(f) unname(vapply(causes, f, fit$time))
  limits <- function(kind, side) { s <- summary(fit, ci.fun = kind); per_cause(function(k) s[[paste("0", k)]][[side]]) }
  se <- function(k) sqrt(fit$cov[paste("0", k), paste("0", k), ])
  list(time = fit$time - 1, causes = causes, n_risk = fit$n.risk[, 1],
       n_event = per_cause(function(k) fit$n.event["0", k, ]),
       survival = fit$est["0", "0", ], survival_std_err = se("0"),
       estimate = per_cause(function(k) fit$est["0", k, ]), std_err = per_cause(se),
       lower_loglog = limits("log-log", "lower"), upper_loglog = limits("log-log", "upper"),
       lower_cloglog = limits("cloglog", "lower"), upper_cloglog = limits("cloglog", "upper"))
}
for (set in c("sepsis_nc", "sepsis_ic", "sepsis_nc_since_april", "sepsis_nc_2014q2", "sepsis_ic_2014q2", "stays",
              "stays_late", "stays_duplicated", "early_end"))
  add("cumulative_incidence", paste0("cif_", set), "Aalen-Johansen by cause; variance of etm; two kinds of log-log limits",
      set, cif_call, cif_outputs(frame_of(set)), level = 0.95)
for (arm in c("a", "b", "c")) {
  dataset(paste0("stays_", arm), "data:stays.csv", paste("entry set to 0; rows with arm =", arm),
          frame_of("stays")[stays$arm == arm, ])
  add("cumulative_incidence", paste0("cif_stays_", arm), "one arm", paste0("stays_", arm), cif_call,
      cif_outputs(frame_of(paste0("stays_", arm))), level = 0.95)
}

ms_call <- quote(survfit(Surv(entry, exit + 1, factor(cause, 0:3)) ~ 1, data = d, id = seq_len(nrow(d))))
for (set in c("stays", "stays_late", "sepsis_nc")) {
  fit <- run(ms_call, frame_of(set))
  add("cumulative_incidence", paste0("cif_survfit_", set), "survfit's multi-state curve: estimates as etm's; its standard
 error is an infinitesimal jackknife, kept as a note", set, ms_call, list(time = fit$time - 1, causes = as.character(1:3),
      estimate = unname(fit$pstate[, -1]), survival = fit$pstate[, 1], std_err_ij = unname(fit$std.err[, -1])))
}
cuminc_call <- quote(cuminc(d$exit + 1, d$cause))
for (set in c("stays", "sepsis_nc", "sepsis_ic")) {
  at <- c(0, 1, 2, 5, 10, 20)
  r <- timepoints(run(cuminc_call, frame_of(set)), at + 1)
  add("cumulative_incidence", paste0("cif_cuminc_", set), "cmprsk: same estimates; its Aalen variance is another formula", set,
      paste0("timepoints(", deparse(cuminc_call), ", day + 1)"), list(time = at, causes = sub("1 ", "", rownames(r$est)),
      estimate = t(unname(r$est)), std_err_aalen = sqrt(t(unname(r$var)))))
}
gray_call <- quote(cuminc(d$exit + 1, d$cause, d$arm)$Tests)
for (set in c("stays", "sepsis")) {
  r <- run(gray_call, frame_of(set))
  add("gray", paste0("gray_", set), "Gray's test between the arms, one per cause", set, gray_call,
      list(causes = rownames(r), statistic = r[, "stat"], p = r[, "pv"], df = r[, "df"]))
}
two <- subset(frame_of("stays"), arm != "c")
dataset("stays_a_b", "data:stays.csv", "entry set to 0; rows with arm a or b", two)
r <- run(gray_call, two)
add("gray", "gray_stays_a_b", "Gray's test, two arms", "stays_a_b", gray_call,
    list(causes = rownames(r), statistic = r[, "stat"], p = r[, "pv"], df = r[, "df"]))

# Log-rank
logrank_call <- quote(survdiff(Surv(exit, cause > 0) ~ arm, data = d))
for (set in c("aml", "lung", "lung_ecog", "uis_stay", "uis_relapse", "detox_arm", "sepsis", "stays", "stays_a_b")) {
  r <- run(logrank_call, frame_of(set))
  add("log_rank", paste0("logrank_", set), "log-rank between the arms (arms in sorted order)", set, logrank_call,
      list(arms = sub("arm=", "", names(r$n)), n = c(r$n), observed = r$obs, expected = r$exp, variance = unname(r$var),
           statistic = r$chisq, df = length(r$n) - 1, p = pchisq(r$chisq, length(r$n) - 1, lower.tail = FALSE)))
}
# With late entry survdiff declines. A log-rank is the Cochran-Mantel-Haenszel test with one stratum an event day: those at
# risk that day, by arm and by whether they had the event (a day with one person at risk says nothing and is left out).
cmh_call <- quote(mantelhaen.test(arm, event, day, correct = FALSE))
at_risk <- function(d) {
  one_day <- function(t) with(d[d$entry <= t & d$exit >= t, ], data.frame(arm, event = exit == t & cause > 0, day = t))
  tables <- lapply(sort(unique(d$exit[d$cause > 0])), one_day)
  do.call(rbind, tables[vapply(tables, nrow, 0L) > 1])
}
for (set in c("stays_late", "sepsis_2014q2", "stays", "aml")) {
  r <- with(at_risk(frame_of(set)), run(cmh_call, NULL, arm = factor(arm), event = factor(event), day = factor(day)))
  add("log_rank", paste0("logrank_cmh_", set), "log-rank, late entry allowed, as a Cochran-Mantel-Haenszel test by event day",
      set, cmh_call, list(statistic = unname(r$statistic), df = unname(r$parameter), p = r$p.value))
}

# Reversible states
aj_call <- quote(etm(d, states, tra, "cens", s = s + 1, t = last))  # d: id, from, to, (entry, exit + 1]
aj_fit <- function(d, states, s = -1, last = "last") {
  d <- with(d, data.frame(id = person, from = from, to = to, entry = entry, exit = exit + 1))
  tra <- unname(outer(states, states, Vectorize(function(i, j) any(d$from == i & d$to == j))))
  d <- d[d$from %in% states[rowSums(tra) > 0], ]  # etm refuses spells in a state that nobody leaves; they change nothing
  fit <- suppressWarnings(run(aj_call, d, states = states, tra = tra, s = s, last = last))
  code <- function(x) match(x, states, nomatch = 0)
  # etm sets negative covariances to 0 on the way out; the mix of starting states needs them, so take them before that
  d <- d[d$exit > s + 1, ]
  whole <- etm:::.etm(d$entry, d$exit, code(d$from), code(d$to), length(states), s + 1, max(fit$time), TRUE, 0)
  c(fit[c("est", "time")], list(cov = whole$cov))
}
at_days <- function(fit, days) vapply(days, function(t) max(c(0, which(fit$time - 1 <= t))), 0)
transition_outputs <- function(fit, days, states) {
  k <- at_days(fit, days); n <- length(states)
  P <- aperm(vapply(k, function(i) if (i) fit$est[, , i] else diag(n), diag(n)), c(3, 1, 2))
  V <- aperm(vapply(k, function(i) if (i) matrix(diag(fit$cov[, , i]), n) else 0 * diag(n), diag(n)), c(3, 1, 2))
  list(day = days, states = states, P = unname(P), std_err = unname(sqrt(pmax(V, 0))))
}
occupation_outputs <- function(fit, days, states, share, people) {
  k <- at_days(fit, days); n <- length(states)
  one_day <- function(i) {
    P <- if (i) fit$est[, , i] else diag(n)
    C <- if (i) fit$cov[, , i] else matrix(0, n * n, n * n)
    fixed <- vapply(seq_len(n), function(j) { at <- (j - 1) * n + seq_len(n); c(share %*% C[at, at] %*% share) }, 0)
    start <- diag(t(P) %*% (diag(share) - share %*% t(share)) %*% P) / people
    rbind(c(share %*% P), sqrt(pmax(fixed, 0)), sqrt(pmax(fixed + start, 0)))
  }
  r <- aperm(vapply(k, one_day, matrix(0, 3, n)), c(3, 1, 2))
  list(day = days, states = states, start = share, estimate = r[, 1, ], std_err_start_fixed = r[, 2, ],
       std_err_start_random = r[, 3, ])
}
expected <- function(fit, horizon, from) {  # area under row `from` of P from day 0: sum over days 0 .. horizon - 1
  k <- at_days(fit, 0:(horizon - 1)); start <- as.numeric(rownames(fit$est) == from)
  colSums(t(vapply(k, function(i) if (i) fit$est[from, , i] else start, start)))
}
sir_states <- c("0", "1", "2")
care_states <- c("residential", "php", "iop", "between", "left care", "died")
reversible <- function(set, states, days, horizons) {
  d <- frame_of(set); fit <- aj_fit(d, states)
  add("aalen_johansen", paste0("aj_", set), "P(start, day): rows the state held on day 0, columns the state after the moves
 of the day", set, aj_call, transition_outputs(fit, days, states))
  for (from in intersect(states, d$from))
    add("expected_days", sprintf("days_%s_%s", set, gsub(" ", "_", from)), "area under row `from` of P from day 0", set,
        "sum of etm's est[from, ] over days 0 .. horizon - 1", list(states = states,
        days = unname(t(vapply(horizons, function(h) expected(fit, h, from), 0 * seq_along(states))))),
        from = from, horizon = horizons)
  invisible(fit)
}
reversible("mstate_toy", toy_states, c(0, 1, 2, 3, 4, 5, 8, 9, 10, 11), c(5, 11))
reversible("sir", sir_states, c(0:10, 15, 20, 30, 60, 100), c(10, 30, 100))
reversible("journeys", care_states, c(0:7, 10, 14, 20, 30, 45, 60), c(7, 30, 61))
for (set in c("sir", "journeys")) {
  states <- if (set == "sir") sir_states else care_states
  d <- frame_of(set); fit <- aj_fit(d, states)
  first <- d$from[!duplicated(d$person)]
  add("aalen_johansen", paste0("occupation_", set), "occupation from the mix of day 0: share %*% P; standard errors with the
 mix fixed, and with it multinomial", set, "own sum over etm's covariance before etm cuts negative covariances to 0",
      occupation_outputs(fit, c(0, 1, 5, 10, 20, 30), states, c(table(factor(first, states))) / length(first), length(first)))
  for (s in c(5, 10)) add("aalen_johansen", sprintf("aj_%s_from_day_%d", set, s), "P(s, day): moves after day s only", set,
      aj_call, transition_outputs(aj_fit(d, states, s), s + c(0, 1, 2, 5, 10, 20), states), after_day = s)
}
landmark <- function(d, state, s) {  # everyone who holds `state` after the moves of day s, followed from there
  held <- d$person[d$from == state & d$entry <= s + 1 & d$exit > s]
  d <- d[d$person %in% held & d$exit > s, ]
  transform(d, entry = pmax(entry, s + 1))
}
for (state in c("0", "1")) {
  fit <- aj_fit(landmark(sir, state, 5), sir_states, 5)
  r <- transition_outputs(fit, c(5, 6, 8, 10, 20), sir_states)
  i <- match(state, sir_states)
  add("aalen_johansen", paste0("landmark_sir_", state, "_day_5"), "landmark Aalen-Johansen: only those who hold the state after
 the moves of day 5", "sir", aj_call, list(day = r$day, states = sir_states, estimate = r$P[, i, ], std_err = r$std_err[, i, ]),
      after_day = 5, from = state)
}
ms_rev_call <- quote(survfit(Surv(entry, exit + 1, factor(to, c("cens", states))) ~ 1, data = d, id = person,
                             istate = factor(from, states)))
for (set in c("sir", "journeys")) {
  states <- if (set == "sir") sir_states else care_states
  fit <- run(ms_rev_call, frame_of(set), states = states)
  add("aalen_johansen", paste0("occupation_survfit_", set), "survfit's occupation; its standard error is an infinitesimal
 jackknife by person, kept as a note", set, ms_rev_call, list(time = fit$time - 1, states = fit$states, start = unname(fit$p0),
      estimate = unname(fit$pstate), std_err_ij = unname(fit$std.err)))
}

# Shares, differences, intensities
wilson_call <- quote(prop.test(x, n, conf.level = level, correct = FALSE)$conf.int)
wilson <- function(x, n, level = 0.95) c(suppressWarnings(run(wilson_call, NULL, x = x, n = n, level = level)))
for (p in list(c(15, 148), c(81, 263), c(0, 20), c(1, 29), c(20, 20), c(1, 1), c(0, 1), c(5, 10), c(11, 12),
               c(423139, 957491), c(145426, 399037), c(102, 8080))) for (level in c(0.95, 0.9))
  add("wilson", sprintf("wilson_%d_%d_%g", p[1], p[2], 100 * level), "Wilson interval of a share", NA, wilson_call,
      list(lower = wilson(p[1], p[2], level)[1], upper = wilson(p[1], p[2], level)[2]), x = p[1], n = p[2], level = level)

pairs <- list(c(56, 70, 48, 80), c(9, 10, 3, 10), c(6, 7, 2, 7), c(5, 56, 0, 29), c(0, 10, 0, 20), c(10, 10, 0, 20),
              c(43119, 114440, 145426, 399037))
for (p in pairs) {
  a <- wilson(p[1], p[2]); b <- wilson(p[3], p[4]); pa <- p[1] / p[2]; pb <- p[3] / p[4]
  test <- suppressWarnings(prop.test(p[c(1, 3)], p[c(2, 4)], correct = FALSE))
  add("difference", do.call(sprintf, c("difference_%d_%d_%d_%d", as.list(p))), "Newcombe's hybrid score interval (his method 10)
 of a difference of two shares, made of two Wilson intervals; z squared of the pooled test", NA,
      "prop.test(..., correct = FALSE): its interval for each share squared and added; its statistic for both", list(
      difference = pa - pb, lower = pa - pb - sqrt((pa - a[1])^2 + (b[2] - pb)^2),
      upper = pa - pb + sqrt((a[2] - pa)^2 + (pb - b[1])^2), statistic = unname(test$statistic), p = test$p.value),
      x1 = p[1], n1 = p[2], x2 = p[3], n2 = p[4], level = 0.95)
}
pvalues <- c(0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216)
for (how in c("holm", "BH", "bonferroni"))
  add("difference", paste0("adjust_", tolower(how)), "p values corrected for many looks", NA, "p.adjust(p, method)",
      list(adjusted = p.adjust(pvalues, how)), p = pvalues, method = how)

poisson_call <- quote(poisson.test(x, days, conf.level = level)$conf.int)
in_state <- function(d, state) sum((d$exit - pmax(d$entry - 1, 0))[d$from == state])
moves <- function(d, i, j) sum(d$from == i & d$to == j)
for (p in list(c(0, 120), c(1, 350.5), c(5, 1000), c(40, 812), c(1250, 98765), c(moves(sir, "0", "1"), in_state(sir, "0")),
               c(moves(sir, "1", "0"), in_state(sir, "1")))) for (level in c(0.95, 0.9)) {
  r <- c(run(poisson_call, NULL, x = p[1], days = p[2], level = level))
  add("poisson", sprintf("poisson_%d_%g_%g", p[1], p[2], 100 * level), "Garwood's exact interval per 100 person-days", NA,
      poisson_call, list(rate = 100 * p[1] / p[2], lower = 100 * r[1], upper = 100 * r[2]),
      x = p[1], days = p[2], level = level)
}

# Clustering: delete-a-group jackknife with the groups given in the data, t quantile with G - 1 degrees of freedom
jackknife <- function(id, what, set, call, theta, ...) {
  d <- frame_of(set); G <- length(unique(d$grp)); whole <- theta(d)
  without <- t(matrix(vapply(sort(unique(d$grp)), function(g) theta(d[d$grp != g, ]), whole), length(whole)))
  se <- sqrt((G - 1) / G * colSums(sweep(without, 2, whole)^2))
  add("jackknife", id, what, set, call, list(estimate = whole, without = without, std_err = se, groups = G,
                                             t = qt(0.975, G - 1)), ...)
}
surv_at <- function(d, days) summary(survfit(Surv(entry - 0.5, exit, cause > 0) ~ 1, d), times = days, extend = TRUE)$surv
cif_at <- function(d, k, days) {
  r <- cif_outputs(d)
  vapply(days, function(t) c(0, r$estimate[, r$causes == k])[1 + sum(r$time <= t)], 0)
}
for (set in c("stays", "stays_late")) {
  jackknife(paste0("jackknife_survival_", set), "S at the days", set, km_call, function(d) surv_at(d, c(2, 5, 10, 20)),
            day = c(2, 5, 10, 20))
  jackknife(paste0("jackknife_rmean_", set), "restricted mean at the horizons", set, km_call, function(d)
    rmean_outputs(survfit(Surv(entry - 0.5, exit, cause > 0) ~ 1, d), c(7, 30))$rmean, horizon = c(7, 30))
  jackknife(paste0("jackknife_cif_", set), "cumulative incidence of cause 1 at the days", set, cif_call,
            function(d) cif_at(d, "1", c(2, 5, 10)), cause = "1", day = c(2, 5, 10))
}
jackknife("jackknife_share", "share of rows with cause 1", "stays", "mean(cause == 1)", function(d) mean(d$cause == 1))
jackknife("jackknife_share_short", "share of rows with exit <= 5", "stays", "mean(exit <= 5)", function(d) mean(d$exit <= 5))
from_residential <- function(d, days) c(transition_outputs(aj_fit(d, care_states), days, care_states)$P[, 1, 1:5])
jackknife("jackknife_occupation", "P(residential -> each of the first five states) at the days, the day running fastest",
          "journeys", aj_call, function(d) from_residential(d, c(7, 30)), from = "residential", day = c(7, 30))
jackknife("jackknife_expected_days", "days by state from residential, horizon 45", "journeys", aj_call,
          function(d) unname(expected(aj_fit(d, care_states), 45, "residential")), from = "residential", horizon = 45)
for (id in c("jackknife_share", "jackknife_share_short")) {
  share <- cases[[id]]$outputs
  n_eff <- min(nrow(stays), share$estimate * (1 - share$estimate) / share$std_err^2)
  limits <- wilson(share$estimate * n_eff, n_eff, 2 * pnorm(share$t) - 1)  # level whose normal quantile is this t quantile
  add("jackknife", paste0(id, "_wilson"), "Wilson at the effective sample size p(1-p)/var (never above n), t quantile", "stays",
      "prop.test(p * n_eff, n_eff, conf.level = 2 * pnorm(t) - 1, correct = FALSE)$conf.int",
      list(estimate = share$estimate, n_eff = n_eff, lower = limits[1], upper = limits[2]))
}
ij_call <- quote(survfit(Surv(exit, cause > 0) ~ 1, data = d, cluster = person))
for (set in c("stays", "sepsis_nc")) {
  r <- summary(run(ij_call, frame_of(set)))
  add("clustered_note", paste0("ij_", set), "infinitesimal jackknife by person: close to the delete-a-group jackknife, not equal",
      set, ij_call, list(time = r$time, survival = r$surv, std_err_ij = r$std.err))
}

# Embedded chain with outcomes as absorbing states
chain <- with(subset(journeys, to != "cens" & from %in% care_states[1:3]), {
  to <- ifelse(to == "between", "left care", to)
  table(factor(from, care_states[1:3]), factor(to, care_states[c(1:3, 5, 6)]))
})
N <- solve(diag(3) - unclass(chain / rowSums(chain))[, 1:3])
add("chain", "chain_journeys", "moves of journeys.csv out of the three levels (between counted as left care): fundamental
 matrix (expected stays), probability of ever reaching each level, probability of each outcome", "journeys",
    "solve(diag(3) - Q)", list(levels = care_states[1:3], outcomes = care_states[5:6], counts = unname(unclass(chain)),
    expected_stays = unname(N), ever_reached = unname((N - diag(3)) %*% diag(1 / diag(N))),
    outcome = unname(N %*% unclass(chain / rowSums(chain))[, 4:5])))

# ---- published numbers: typed, not computed; `decimals` is the precision in print -----------------------------------

published <- function(id, what, source, outputs, decimals) add("published", id, what, NA, paste("printed in:", source),
                                                               outputs, decimals = decimals, source = source)
published("published_aml", "Kaplan-Meier of survival::aml", "Miller (1981), Survival Analysis, p. 49; R package survival", list(
  time = c(9, 13, 18, 23, 31, 34, 48), survival = c(.909091, .818182, .715909, .613636, .490909, .368182, .184091),
  medians = c(31, 23)), 6)
published("published_lung", "Kaplan-Meier of survival::lung; the median's limits are of R's default, log, not log-log", "R package survival", list(time = c(90, 180, 365, 730),
  survival = c(.881579, .721671, .409242, .115693), median = 310, median_limits = c(285, 363)), 6)
published("published_mstate_toy", "hand-worked occupation, states entry, a, b, c", "R package survival, tests/mstate.R", list(
  day = c(5, 9, 10), estimate = rbind(c(3 / 16, 7 / 16, 3 / 8, 0), c(0, 0, 19 / 32, 13 / 32),
                                      c(0, 19 / 64, 19 / 64, 13 / 32))), 15)
published("published_sir", "moves of etm::sir.cont as they are; P(0,10) row 0 on whole days with net moves, and on half days",
  "R package etm, help page of etm and data sir.cont; whole days: this project's methods, section 7", list(
  moves_01_02_10_12 = c(75, 606, 319, 127), whole_days = c(.186186, .067955, .745859), half_days = c(.180454, .066911, .752635)), 6)
published("published_newcombe", "Wilson limits of 81/263, 15/148, 0/20, 1/29",
  "Newcombe (1998), Statistics in Medicine 17:857-872, table I, method 3", list(x = c(81, 15, 0, 1), n = c(263, 148, 20, 29),
  lower = c(.2553, .0624, 0, .0061), upper = c(.3662, .1605, .1611, .1718)), 4)
published("published_newcombe_difference", "hybrid score limits of a difference of two shares",
  "Newcombe (1998), Statistics in Medicine 17:873-890, table II, method 10", list(
  x1 = c(56, 9, 6, 5), n1 = c(70, 10, 7, 56), x2 = c(48, 3, 2, 0), n2 = c(80, 10, 7, 29),
  lower = c(.0524, .1705, .0582, -.0381), upper = c(.3339, .8090, .8062, .1926)), 4)
published("published_teds_2004", "discharges by reason, all services: number and per cent",
  "SAMHSA, TEDS 2004: discharges from substance abuse treatment services, table 2.5", list(total = 957491,
  reasons = c("completed", "transferred", "dropped_out", "terminated", "other"),
  n = c(423139, 128168, 232302, 79303, 94579), per_cent = c(44.2, 13.4, 24.3, 8.3, 9.9)), 1)

log_call <- quote(quantile(survfit(Surv(exit, cause > 0) ~ 1, data = d, conf.type = "log"), 0.5))
r <- run(log_call, frame_of("lung"))
add("published_computed", "lung_median_log", "median of lung with log limits: the printed 285 to 363; log-log gives 284 to 361",
    "lung", log_call, list(median = unname(r$quantile), lower = unname(r$lower), upper = unname(r$upper)))
half <- with(sir_raw[order(sir_raw$id, sir_raw$time), ], data.frame(id, from, to, time))
fit <- etm(half, sir_states, unname(outer(sir_states, sir_states, Vectorize(function(i, j) any(half$from == i & half$to == j)))),
           "cens", s = 0)
add("published_computed", "sir_half_days", "P(0,10) of sir.cont on its half days: etm's help page, not careflow's convention", NA,
    "etm(sir.cont, c('0', '1', '2'), tra, 'cens', s = 0)", list(P = unname(fit$est[, , sum(fit$time <= 10)]),
    moves_01_02_10_12 = c(moves(sir_raw, 0, "1"), moves(sir_raw, 0, "2"), moves(sir_raw, 1, "0"), moves(sir_raw, 1, "2"))))
add("published_computed", "sir_net_moves", "moves left on whole days with net moves, and days held in 0 and 1", "sir", "table(from, to)",
    list(moves_01_02_10_12 = c(moves(sir, "0", "1"), moves(sir, "0", "2"), moves(sir, "1", "0"), moves(sir, "1", "2")),
         days = c(in_state(sir, "0"), in_state(sir, "1"))))

# ---- out ------------------------------------------------------------------------------------------------------------

version <- function(p) one(as.character(packageVersion(p)))
out <- list(made_by = one("tests/oracles/reference.R"), R = one(R.version.string),
            packages = list(survival = version("survival"), etm = version("etm"), cmprsk = version("cmprsk")),
            cases = unname(cases))
writeLines(json(out), argv[2])
cat(length(cases), "cases,", length(unique(vapply(cases, function(x) unclass(x$group), ""))), "groups\n")
