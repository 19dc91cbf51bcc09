"""tmp"""

from gough.web.problem import as_problem, trouble_of


def error_page(request, error):
    return as_problem(trouble_of(error))
