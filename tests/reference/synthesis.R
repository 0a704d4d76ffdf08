# Independent oracle for the synthesis of published shares.
#
#   Rscript tests/reference/synthesis.R [OUTDIR]
#
# Writes OUTDIR/input/synthesis_figures.csv and OUTDIR/expected/synthesis.csv: random effects of logits
# (metafor) by REML, with Hartung and Knapp's standard error and with the same not below that of known
# variances ("adhoc"). REML is iterated far beyond metafor's default, which ends at 1e-5.

here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))))
source(file.path(here, "oracle.R"))
suppressPackageStartupMessages(library(metafor))

figures <- rbind(
  data.frame(case = "two", n = c(1034, 1207), percent = c(29, 28)),
  data.frame(case = "two_apart", n = c(500, 800), percent = c(33, 48.5)),
  data.frame(case = "three", n = c(120, 900, 2500), percent = c(30, 50, 80)),
  data.frame(case = "three_alike", n = c(1000, 1000, 1000), percent = c(50, 50.2, 49.9)),
  data.frame(case = "extremes", n = c(40, 25, 300, 60), percent = c(0, 100, 47, 55)),
  data.frame(case = "many", n = c(85, 1034, 220, 77, 5200, 640, 310), percent = c(41, 29, 52.5, 66, 47, 38.2, 50)),
  data.frame(case = "small", n = c(12, 9, 15, 11, 8), percent = c(25, 66.7, 40, 81.8, 50))
)

one <- function(case) {
  own <- figures[figures$case == case, ]
  effects <- escalc(measure = "PLO", xi = own$n * own$percent / 100, ni = own$n)
  control <- list(threshold = 1e-14, maxiter = 10000, stepadj = 0.5)
  plain <- rma(yi, vi, data = effects, method = "REML", test = "knha", control = control)
  held <- rma(yi, vi, data = effects, method = "REML", test = "adhoc", control = control)
  predicted <- predict(held)
  data.frame(
    case = case, figures = held$k, mean = as.numeric(held$beta), std_error_plain = plain$se, std_error = held$se,
    tau2 = held$tau2, i2 = held$I2 / 100, q = held$QE, q_p = held$QEp, ci_low = held$ci.lb, ci_high = held$ci.ub,
    pi_low = predicted$pi.lb, pi_high = predicted$pi.ub
  )
}

write_csv(figures, "input", "synthesis_figures.csv")
write_csv(do.call(rbind, lapply(unique(figures$case), one)), "expected", "synthesis.csv")
