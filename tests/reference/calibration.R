# Independent oracle for raking and post-stratification: R package `survey`.
#
#   Rscript tests/reference/calibration.R [OUTDIR]
#
# Writes OUTDIR/input/margins_*.csv            population margins
#        OUTDIR/input/structural_zero.csv      ratings that cannot be raked to them
#        OUTDIR/expected/calibration_*.csv     calibrated estimates, covariance, weights, diagnostics
# Takes inputs of estimation.R, designs.R and contrasts.R.
#
# A file of margins has columns named as segments and `total`. The segments that are filled in a row
# say to which margin it belongs; a row with two of them is a cell of their crossing. All ratings of
# a design are calibrated, also those without score or behaviour.

here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))))
source(file.path(here, "oracle.R"))

# ---------------------------------------------------------------------------------------------
# Margins
# ---------------------------------------------------------------------------------------------

margin <- function(total, sector = NA_character_, industry = NA_character_, country = NA_character_)
  data.frame(sector = sector, industry = industry, country = country, total = total)
save_margins <- function(name, ...) {
  rows <- rbind(...)
  used <- sapply(rows, function(column) !all(is.na(column)))
  write_csv(rows[used], "input", paste0("margins_", name, ".csv"))
}

sectors <- margin(c(5200, 4800), sector = c("B2B", "B2C"))
countries <- margin(c(1900, 4600, 3500), country = c("DK", "NO", "SE"))
industries <- margin(c(3100, 3700, 1200, 2000), industry = c("C", "G", "L", "Q"))
crossed <- margin(c(700, 2500, 2000, 1200, 2100, 1500), sector = rep(c("B2B", "B2C"), each = 3),
                  country = rep(c("DK", "NO", "SE"), 2))
save_margins("one", sectors)
save_margins("two", sectors, countries)
save_margins("three", sectors, countries, industries)
save_margins("crossed", industries, crossed)
save_margins("post", crossed)

# What cannot be met. B2B is found in NO only, and B2C never there, but the totals of B2B and NO
# differ; or there is a country without any rating.
save_margins("contradicting", sectors, countries)
save_margins("absent", sectors, margin(c(1900, 4600, 3000, 500), country = c("DK", "NO", "SE", "FI")))
set.seed(20240801)
data <- ratings(rep(6, 30))
data$country <- ifelse(data$sector == "B2B", "NO", sample(c("DK", "SE"), nrow(data), TRUE))
data$psu <- sprintf("P%02d", data$psu)
finish(data, "structural_zero", c("weight", "psu"))

# ---------------------------------------------------------------------------------------------
# Calibration
# ---------------------------------------------------------------------------------------------

# The margins of a file: the columns and the rows of each.
margins_of <- function(name) {
  rows <- read_input(paste0("margins_", name))
  segments <- setdiff(names(rows), "total")
  filled <- apply(!is.na(rows[segments]), 1, function(x) paste(segments[x], collapse = ","))
  lapply(split(rows, factor(filled, unique(filled))), function(part)
    part[c(segments[!is.na(part[1, segments])], "total")])
}

# Model matrix of all margins (indicators of their cells but the first of each margin, and a
# constant) and the population total of each of its columns.
calibration_model <- function(data, margins) {
  parts <- lapply(margins, function(rows) {
    columns <- setdiff(names(rows), "total")
    label <- do.call(paste, c(data[columns], sep = "|"))
    cell <- do.call(paste, c(rows[columns], sep = "|"))
    stopifnot(label %in% cell)
    indicators <- outer(label, cell[-1], "==") + 0
    colnames(indicators) <- make.names(cell[-1])
    list(x = indicators, total = setNames(rows$total[-1], make.names(cell[-1])))
  })
  list(x = cbind(constant = 1, do.call(cbind, unname(lapply(parts, `[[`, "x")))),
       total = c(constant = sum(margins[[1]]$total), unlist(unname(lapply(parts, `[[`, "total")))))
}

calibrated <- function(design, margins) {
  model <- calibration_model(design$variables, margins)
  design$variables <- cbind(design$variables, model$x)
  calibrate(design, reformulate(c(colnames(model$x), "-1")), model$total, calfun = "raking",
            epsilon = 1e-13, maxit = 500)
}

# Raking as it was invented: fit each margin in turn until nothing moves.
rake_by_hand <- function(data, weight, margins) {
  for (round in 1:100000) {
    before <- weight
    for (rows in margins) {
      columns <- setdiff(names(rows), "total")
      label <- do.call(paste, c(data[columns], sep = "|"))
      wanted <- setNames(rows$total, do.call(paste, c(rows[columns], sep = "|")))
      weight <- weight * wanted[label] / ave(weight, label, FUN = sum)
    }
    if (max(abs(weight / before - 1)) < 1e-14) break
  }
  as.numeric(weight)
}

# Standard errors that know of the calibration: residuals of the influence, per unit of weight, from
# a regression on the margins with the initial weights, times the final ones.
residual_influence <- function(influence, x, initial, final) {
  fit <- lm.wfit(x, influence / final, initial)
  as.matrix(fit$residuals * final)
}

CASES <- list(c("srs", "two"), c("weighted", "two"), c("clustered", "two"), c("clustered", "post"),
              c("stratified_clustered", "one"), c("stratified_clustered", "two"),
              c("stratified_clustered", "post"), c("fpc_stratified_clustered", "two"), c("two_stage", "two"),
              c("mix_stratified_clustered", "three"), c("mix_stratified_clustered", "crossed"),
              c("mix_fpc", "three"))

results <- lapply(CASES, function(case) {
  design <- given_design(read_input(case[1]))
  margins <- margins_of(case[2])
  initial <- weights(design)
  fitted <- calibrated(design, margins)
  final <- as.numeric(weights(fitted))
  data <- design$variables
  stopifnot(max(abs(rake_by_hand(data, initial, margins) / final - 1)) < 1e-9)
  if (case[2] == "post") {
    ps <- postStratify(design, ~sector + country, setNames(margins[[1]], c("sector", "country", "Freq")))
    stopifnot(max(abs(weights(ps) / final - 1)) < 1e-12)
    tens <- function(d) svymean(~recommended_past_12m, subset(d, answered(data) & data$score == 10L), na.rm = TRUE)
    stopifnot(abs(SE(tens(ps)) - SE(tens(fitted))) < 1e-13)
  }
  x <- calibration_model(data, margins)$x
  label <- data.frame(design = case[1], margins = case[2])
  rows <- do.call(rbind, unlist(lapply(c("", "sector", "country", "sector,country"), function(by)
    lapply(cells_of(data, by), function(cell) {
      if (!any(cell$keep)) return(NULL)
      domain <- subset(fitted, cell$keep)
      # A subset of a calibrated design keeps all rows with weight 0, so a missing behaviour outside
      # of it would count.
      mean <- svymean(~recommended_past_12m, domain, na.rm = TRUE)
      again <- residual_influence(influence_of(fitted, cell$keep), x, initial, final)
      stopifnot(abs(sqrt(recvar(again, design)) - SE(mean)) < 1e-12)
      w <- final[cell$keep]
      cbind(label, data.frame(by = by, sector = cell$sector, country = cell$country, n = sum(cell$keep),
                              estimate = as.numeric(coef(mean)), std_error = as.numeric(SE(mean)),
                              df = as.integer(degf(domain)), weight = sum(w), kish_n = sum(w)^2 / sum(w^2)))
    })), recursive = FALSE))
  joint <- crossings(data, c("sector", "country"))
  keeps <- lapply(seq_len(nrow(joint)), function(i)
    answered(data) & data$score == 10L & data$sector == joint$sector[i] & data$country == joint$country[i])
  some <- sapply(keeps, any)
  joint <- joint[some, ]
  v <- vcov(joint_means(fitted, keeps[some]))
  influence <- sapply(keeps[some], function(keep) influence_of(fitted, keep))
  stopifnot(max(abs(recvar(residual_influence(influence, x, initial, final), design) - v)) < 1e-13)
  pair <- all_pairs(nrow(joint))
  list(estimates = rows,
       covariance = data.frame(label[rep(1, nrow(joint)^2), ], row_sector = joint$sector[pair$i], row_country = joint$country[pair$i],
                               col_sector = joint$sector[pair$j], col_country = joint$country[pair$j],
                               covariance = v[cbind(pair$i, pair$j)]),
       weights = data.frame(label[rep(1, nrow(data)), ], rating_id = data$rating_id, weight = final),
       diagnostics = cbind(label, data.frame(
         n = nrow(data), initial_total = sum(initial), total = sum(final),
         initial_kish_n = sum(initial)^2 / sum(initial^2), kish_n = sum(final)^2 / sum(final^2),
         kish_deff = nrow(data) * sum(final^2) / sum(final)^2,
         lowest_ratio = min(final / initial), highest_ratio = max(final / initial))))
})
for (part in c("estimates", "covariance", "weights", "diagnostics"))
  write_csv(do.call(rbind, lapply(results, `[[`, part)), "expected", paste0("calibration_", part, ".csv"))

# ---------------------------------------------------------------------------------------------
# What does not converge
# ---------------------------------------------------------------------------------------------

failing <- rbind(c("structural_zero", "contradicting"), c("clustered", "absent"))
write_csv(do.call(rbind, lapply(seq_len(nrow(failing)), function(i) {
  design <- given_design(read_input(failing[i, 1]))
  message <- tryCatch({
    suppressWarnings(calibrated(design, margins_of(failing[i, 2])))
    NA_character_
  }, error = conditionMessage)
  data.frame(design = failing[i, 1], margins = failing[i, 2], failed = as.integer(!is.na(message)), message = message)
})), "expected", "calibration_fail.csv")
