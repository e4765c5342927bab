# Read careflow's exports with mstate and TraMineR; see exports.py.
suppressMessages({ library(survival); library(mstate); library(TraMineR); library(jsonlite) })
folder <- commandArgs(trailingOnly = TRUE)[1]
days <- c(0, 1, 7, 30, 90, 180)

# mstate: hazards by transition, then the probabilities from each state at the start.
rows <- read.csv(file.path(folder, "mstate.csv"))
ways <- unique(rows[c("from", "to", "trans", "from_state", "to_state")])
size <- max(ways$from, ways$to)
tmat <- matrix(NA, size, size)
tmat[cbind(ways$from, ways$to)] <- ways$trans
fit <- coxph(Surv(Tstart, Tstop, status) ~ strata(trans), data = rows, method = "breslow")
# A day on which the last one at risk leaves makes a diagonal of 1 - 1, which mstate may find a hair below 0 and warn of.
path <- suppressWarnings(probtrans(msfit(fit, trans = tmat), predt = 0, variance = FALSE))
states <- character(size)
states[ways$from] <- ways$from_state
states[ways$to] <- ways$to_state
from <- sort(unique(rows$from[rows$Tstart == 0]))
at <- function(p) unname(as.matrix(p[findInterval(days, p$time), paste0("pstate", seq_len(size))]))
probabilities <- setNames(lapply(from, function(s) at(path[[s]])), states[from])

# TraMineR: where journeys are on each day, and days in each state.
wide <- read.csv(file.path(folder, "sequences.csv"), check.names = FALSE)
columns <- grep("^day_", names(wide))
alphabet <- sort(unique(unlist(lapply(wide[columns], unique))))
sequences <- suppressMessages(seqdef(wide, var = columns, alphabet = alphabet))
shares <- seqstatd(sequences)$Frequencies[, paste0("day_", days)]

found <- list(
  mstate = list(
    version = as.character(packageVersion("mstate")), day = days, states = states,
    probabilities = probabilities
  ),
  TraMineR = list(
    version = as.character(packageVersion("TraMineR")), journeys = nrow(sequences), day = days, states = alphabet,
    shares = unname(shares), days = as.vector(seqmeant(sequences))
  ),
  R = list(version = as.character(getRversion()))
)
write_json(found, file.path(folder, "r.json"), auto_unbox = TRUE, digits = NA)
