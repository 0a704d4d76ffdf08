# Independent oracle for domains under a condition, and for a level against the rest and against the
# total: R package `survey`.
#
#   Rscript tests/reference/where.R [OUTDIR]
#
# Writes OUTDIR/expected/where_*.csv. Takes inputs of estimation.R, designs.R and contrasts.R.
# A condition is R's own expression in `subset(design, ...)`, where NA is no, beside the text that
# the product reads.

here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))))
source(file.path(here, "oracle.R"))

DESIGNS <- c("srs", "weighted", "clustered", "stratified_clustered", "fpc_stratified_clustered",
             "mix_stratified_clustered", "mix_fpc")
MIX <- c("mix_stratified_clustered", "mix_fpc")

# What stands in --where, R's expression for it, the intent set, and the designs that have its columns.
CONDITIONS <- list(
  list("sector = B2B", quote(sector == "B2B"), 8:10, DESIGNS),
  list("not sector = B2B", quote(sector != "B2B"), 8:10, DESIGNS),
  list("country in (NO, SE)", quote(country %in% c("NO", "SE")), 8:10, DESIGNS),
  list("score between 7 and 8", quote(score >= 7 & score <= 8), 0:10, DESIGNS),
  list("score < 9 and country != SE or sector = B2C and score >= 9",
       quote((score < 9 & country != "SE") | (sector == "B2C" & score >= 9)), 0:10, DESIGNS),
  list("score < 9 and (country != SE or sector = B2C)",
       quote(score < 9 & (country != "SE" | sector == "B2C")), 0:10, DESIGNS),
  list("discouraged_past_12m is missing or industry in (C, G)",
       quote(is.na(discouraged_past_12m) | industry %in% c("C", "G")), 8:10, MIX),
  list("not (discouraged_past_12m = yes or industry = Q)",
       quote(!(discouraged_past_12m == 1 | industry == "Q")), 8:10, MIX))

within <- function(condition, design) {
  data <- design$variables
  met <- eval(condition[[2]], data)
  base <- data$score %in% condition[[3]] & !is.na(data$recommended_past_12m)
  design[which(met & base), ]
}

rows <- list()
models <- list()
for (condition in CONDITIONS) for (name in condition[[4]]) {
  own <- within(condition, given_design(read_input(name)))
  row <- function(sector, quantity, estimate, std_error, n) {
    data.frame(design = name, where = condition[[1]], intent = paste(condition[[3]], collapse = " "),
               sector = sector, quantity = quantity, estimate = as.numeric(estimate), std_error = as.numeric(std_error),
               n = as.integer(n), row.names = NULL)
  }
  all <- svymean(~recommended_past_12m, own)
  rows[[length(rows) + 1]] <- row("", "rate", coef(all), SE(all), nrow(own$variables))
  n <- table(own$variables$sector)
  if (length(n) < 2) next
  by <- svyby(~recommended_past_12m, ~sector, own, svymean, covmat = TRUE)
  difference <- svycontrast(by, c(1, -1))
  rows[[length(rows) + 1]] <- row(names(n), "rate", coef(by), SE(by), n)
  rows[[length(rows) + 1]] <- row("B2B", "difference", coef(difference), SE(difference), sum(n))
  model <- svyglm(recommended_past_12m ~ sector, own, family = quasibinomial(),
                  control = list(epsilon = 1e-14, maxit = 50))
  models[[length(models) + 1]] <- data.frame(
    design = name, where = condition[[1]], intent = paste(condition[[3]], collapse = " "),
    term = c("intercept", "sector"), estimate = as.numeric(coef(model)), std_error = as.numeric(SE(model)))
}
write_csv(do.call(rbind, rows), "expected", "where_rates.csv")
write_csv(do.call(rbind, models), "expected", "where_models.csv")

# ---------------------------------------------------------------------------------------------
# A level against the rest and against the total, from totals
# ---------------------------------------------------------------------------------------------

AGAINST <- list(
  rest = list(difference = quote(ya / a - (y - ya) / (one - a)), ratio = quote((ya / a) / ((y - ya) / (one - a)))),
  total = list(difference = quote(ya / a - y / one), ratio = quote((ya / a) / (y / one))))

rows <- list()
for (name in DESIGNS) for (segment in c("sector", "country")) {
  data <- read_input(name)
  design <- given_design(data)
  met <- which(data$score %in% 8:10 & !is.na(data$recommended_past_12m) & !is.na(data[[segment]]))
  for (level in sort(unique(data[[segment]][met]))) {
    own <- update(design[met, ], a = as.numeric(get(segment) == level), one = 1,
                  y = recommended_past_12m, ya = recommended_past_12m * (get(segment) == level))
    sums <- svytotal(~ya + a + y + one, own)
    for (against in names(AGAINST)) for (quantity in names(AGAINST[[against]])) {
      found <- svycontrast(sums, AGAINST[[against]][[quantity]])
      rows[[length(rows) + 1]] <- data.frame(
        design = name, segment = segment, level = level, against = against, quantity = quantity,
        estimate = as.numeric(coef(found)), std_error = as.numeric(SE(found)))
    }
  }
}
write_csv(do.call(rbind, rows), "expected", "where_against.csv")
